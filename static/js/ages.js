// How long ago something was grows older in place, in the words of the server (`orders/templatetags/moments.py`).
const ahead = document.documentElement.dataset.now * 1000 - Date.now(); // milliseconds that this clock is behind

portal.duration = (seconds) => {
  const whole = Math.max(Math.floor(seconds), 0), minutes = Math.floor(whole / 60);
  const hours = Math.floor(whole / 3600), days = Math.floor(whole / 86400);
  if (whole < 60) return `${whole} s`;
  if (days >= 365) return `${Math.floor(days / 365)} y ${days % 365} d`;
  if (days) return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
  if (hours) return minutes % 60 ? `${hours} h ${minutes % 60} m` : `${hours} h`;
  return `${minutes} min`;
};

// Those in `root`. What is selected stays; what is read aloud as it changes is left to the server.
portal.age = (root) => {
  const now = Date.now() + ahead, selection = getSelection();
  for (const time of root.querySelectorAll("time[data-ago]:not([aria-live=polite] *)")) {
    const words = portal.duration((now - Date.parse(time.dateTime)) / 1000);
    const selected = !selection.isCollapsed && selection.containsNode(time, true);
    if (time.textContent !== words && !selected) time.textContent = words;
  }
};

setInterval(() => { if (!document.hidden) portal.age(document); }, 1000);
