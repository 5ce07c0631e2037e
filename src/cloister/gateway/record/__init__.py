"""The record of decisions, read: searched, exported, verified against itself and against anchors kept elsewhere."""
