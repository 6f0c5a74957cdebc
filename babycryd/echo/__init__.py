"""Echo cancellation: takes what the own speaker plays out of what the microphone hears."""
