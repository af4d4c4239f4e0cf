"""The files of learning management systems, as those systems write them."""
