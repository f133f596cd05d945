"""From parts to places: a pass up that measures, a pass down that places, stages in columns."""
