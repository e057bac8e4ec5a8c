"""Other methods, trained and measured as the network is: what its figures stand beside."""
