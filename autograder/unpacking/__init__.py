"""Archives of strangers as plain values. It imports nothing but the standard library: a process of little memory starts with it."""
