"""From resources of AWS, as CloudFormation or Terraform declares them, to the document for AWS."""
