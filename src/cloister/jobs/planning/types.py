"""The types of inputs and outputs, in Azure ML's words.

Source: https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-command (read 2026-11).
"""

LITERAL_TYPES = frozenset({"string", "number", "integer", "boolean"})
FILE_TYPES = frozenset({"uri_file"})
FOLDER_TYPES = frozenset({"uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model"})
DATA_TYPES = FILE_TYPES | FOLDER_TYPES
