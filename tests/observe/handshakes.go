// client PORT TRUST HOST VERSION [KEY] | server PORT KEY VERSION | mutual PORT KEY VERSION.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
)

func main() {
	a := os.Args[1:]
	if a[0] == "client" {
		client(a)
	} else {
		serve(a)
	}
}

func client(a []string) {
	config := &tls.Config{RootCAs: pool(a[2]), ServerName: a[3]}
	limit(config, a[4])
	if len(a) > 5 {
		config.Certificates = []tls.Certificate{pair(a[5], a[5])}
	}
	conn, err := tls.Dial("tcp", "127.0.0.1:"+a[1], config)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
	_, err = io.ReadAll(conn)
	fmt.Println(err)
	conn.Close()
}

func serve(a []string) {
	config := &tls.Config{Certificates: []tls.Certificate{pair("full", a[2])}}
	limit(config, a[3])
	if a[0] == "mutual" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = pool("root")
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:"+a[1], config)
	if err != nil {
		panic(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			continue
		}
		got := make([]byte, 1)
		if _, err = conn.Read(got); err == nil {
			fmt.Fprint(conn, "HTTP/1.0 200 OK\r\n\r\nfine")
		}
		conn.Close()
	}
}

func limit(config *tls.Config, version string) {
	number := map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[version]
	config.MinVersion, config.MaxVersion = number, number
}

func pool(name string) *x509.CertPool {
	text, err := os.ReadFile(name + ".pem")
	if err != nil {
		panic(err)
	}
	found := x509.NewCertPool()
	found.AppendCertsFromPEM(text)
	return found
}

func pair(certificate, key string) tls.Certificate {
	found, err := tls.LoadX509KeyPair(certificate+".pem", key+".key")
	if err != nil {
		panic(err)
	}
	return found
}
