"""What a run's curve says: how far each rule sees, what it finds, and what of that stands from epoch to epoch."""
