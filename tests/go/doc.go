// Package acceptance drives the built provider and the emulator with the tools that the rest of the ecosystem is made of:
// HashiCorp's acceptance framework, the older official SDK for Go, and the official credential library.
//
// `cargo test go_tools` builds both binaries and runs these tests. By hand, from this folder:
//
//	MSS_BINARIES=../../target/debug go test ./...
//
// Each test has a cloud of its own. None needs a network.
package acceptance
