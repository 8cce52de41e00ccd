"""What each ``tongshang`` sub-command does; ``app.cli`` imports them when they are called."""
