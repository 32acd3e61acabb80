"""Papers that leave the house as files. Which rows and columns is data and services; how bytes are laid out is here."""
