"""What two pages or more use to show and move runs."""
