"""Overview of all rooms of the home, for the page's view Rooms."""
