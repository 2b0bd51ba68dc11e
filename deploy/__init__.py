"""Where does it run? Processes and folders, no behaviour."""
