"""Controls on the traffic that Azure Machine Learning, its tools and its clusters need."""
