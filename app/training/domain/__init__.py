"""Pure rules of training: the life of a class, tables of people, checks of a roster."""
