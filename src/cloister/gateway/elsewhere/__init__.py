"""The gateway's decisions for those who hold a request themselves: nginx, Envoy, an API Gateway's authorizer."""
