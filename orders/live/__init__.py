"""Pages that bring themselves up to date while somebody looks at them (`static/js/live.js`)."""
