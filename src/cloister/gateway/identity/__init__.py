"""Who asks: one file a way of proving it, tried in the order in which the guard is given them."""
