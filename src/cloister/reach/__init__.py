"""Who can reach what: names, routes, filters, firewall, endpoints; one flow with its whole trace."""
