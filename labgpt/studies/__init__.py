"""Studies: specs plus a few lines. `curves` is the main job; `lessons` are the runs behind the notebooks."""
