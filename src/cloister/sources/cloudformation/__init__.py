"""CloudFormation templates, such as `cdk synth` writes: evaluated as far as the text alone tells."""
