"""Controls on who comes in and works there: people, pipelines and what deploys."""
