"""The processes in which trainings run."""
