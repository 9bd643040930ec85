// Loaded before the program: something that nobody closes keeps the event loop busy.
setInterval(() => {}, 1_000_000)
