"""The train room: recipes, schedules, augmentation, the loop, and the run folder that it leaves."""
