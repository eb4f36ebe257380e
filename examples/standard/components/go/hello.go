// Package hello makes greetings.
package hello

// Greeting greets somebody.
func Greeting(name string) string {
	return "hello, " + name
}
