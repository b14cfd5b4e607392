"""Django's own PostgreSQL backend, with an end to every wait for a server that is there and does not answer.

`statement_timeout` and `lock_timeout` are the server's to keep, so they end nothing while it is frozen or its network
is gone; and TCP's own time-outs see nothing wrong where only the server's processes stand still, on a unix socket least
of all. So we watch the clock ourselves, where psycopg waits for an answer.

`OPTIONS["answer_within"]` is how many seconds one answer may take. It should be a little more than `statement_timeout`,
so that a slow statement is ended by the server, and only a silent server by us.
"""
