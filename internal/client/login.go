package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// A Login is where the command line is logged in, as it is kept on disk.
type Login struct {
	URL   string `json:"url"`
	Login string `json:"login"`
	Token string `json:"token"`
}

// ErrLoggedOut says that there is no login.
var ErrLoggedOut = errors.New("not logged in")

// An OpenError says that others on the machine can read the login.
type OpenError struct{ Path string }

// Error names the file.
func (e *OpenError) Error() string {
	return "others on this machine can read your token in " + e.Path
}

// LoginFile is where the login is kept: in the user's own configuration.
func LoginFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the configuration folder: %w", err)
	}
	return filepath.Join(dir, "wiregrade", "login.json"), nil
}

// LoadLogin reads the login; ErrLoggedOut when there is none.
func LoadLogin() (Login, error) {
	file, err := LoginFile()
	if err != nil {
		return Login{}, err
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Login{}, ErrLoggedOut
	}
	if err != nil {
		return Login{}, fmt.Errorf("read the login: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Login{}, fmt.Errorf("read the login: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Login{}, &OpenError{file}
	}
	var l Login
	if err := json.NewDecoder(f).Decode(&l); err != nil || l.URL == "" || l.Token == "" {
		return Login{}, fmt.Errorf("%w: %s cannot be understood", ErrLoggedOut, file)
	}
	return l, nil
}

// Save keeps the login, readable by its owner alone, in place of an earlier one. It gives the file.
func (l Login) Save() (string, error) {
	file, err := LoginFile()
	if err != nil {
		return "", err
	}
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("keep the login: %w", err)
	}
	// CreateTemp makes it 0600: at no moment can others read it.
	tmp, err := os.CreateTemp(filepath.Dir(file), ".login-")
	if err != nil {
		return "", fmt.Errorf("keep the login: %w", err)
	}
	_, err = tmp.Write(append(data, '\n'))
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return "", fmt.Errorf("keep the login: %w", err)
	}
	return file, nil
}

// Forget removes the login; ErrLoggedOut when there is none.
func Forget() error {
	file, err := LoginFile()
	if err != nil {
		return err
	}
	err = os.Remove(file)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrLoggedOut
	}
	return err
}
