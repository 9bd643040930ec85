import "effect/Effect"
