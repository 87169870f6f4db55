"""Measuring: readers of data sets, tasks, metrics, and a command that runs a task and writes one JSON result."""
