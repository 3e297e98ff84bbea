// A hundred exchanges over TCP with itself, each in a goroutine.
package main

import (
	"fmt"
	"io"
	"net"
	"sync"
)

const count = 100

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	door, err := net.Listen("tcp4", "127.0.0.1:0")
	check(err)
	var over sync.WaitGroup
	over.Add(count)
	go func() {
		for range count {
			line, err := door.Accept()
			check(err)
			go func() {
				defer line.Close()
				_, err := io.CopyN(line, line, 1)
				check(err)
			}()
		}
	}()
	for range count {
		go func() {
			defer over.Done()
			line, err := net.Dial("tcp4", door.Addr().String())
			check(err)
			defer line.Close()
			_, err = line.Write([]byte("x"))
			check(err)
			_, err = io.ReadFull(line, make([]byte, 1))
			check(err)
		}()
	}
	over.Wait()
	fmt.Println("done")
}
