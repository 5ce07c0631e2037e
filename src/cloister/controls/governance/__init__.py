"""Controls on what is set above the resources: policies, and Defender for Cloud."""
