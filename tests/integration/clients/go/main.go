// Posts so many bytes to an address, and prints the status and the body of the response: main.go URL BYTES.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
)

func main() {
	size, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	response, err := http.Post(os.Args[1], "application/json", bytes.NewReader(bytes.Repeat([]byte(" "), size)))
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d %s\n", response.StatusCode, body)
}
