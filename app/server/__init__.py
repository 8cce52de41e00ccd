"""Starting and supervising what Tongshang runs on: database, front end, web app, worker."""
