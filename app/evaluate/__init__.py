"""How well the analysis does on texts with known answers: a module each, whose `report` gives its tables line by line."""
