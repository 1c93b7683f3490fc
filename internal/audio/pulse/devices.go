package pulse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jfreymuth/pulse/proto"

	"koe/internal/audio/pulse/wire"
)

// Device is a sink of the server.
type Device struct {
	Name        string // unique
	Description string // for people
	Default     bool
}

// dummy is the sink that servers make up when there is no device.
const dummy = "auto_null"

// ErrNoDevice reports a server without any device but its dummy.
var ErrNoDevice = errors.New("the sound server has no output device")

// Devices lists the sinks of a server ("" for the environment's), without the dummy that stands for none.
func Devices(ctx context.Context, server string) ([]Device, error) {
	c, err := wire.Dial(ctx, server, nil, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, c.Close)
	defer stop()
	ds, _, _, err := devices(c)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return ds, err
}

// devices lists the sinks and their indices at the server, and says what the server calls itself.
func devices(c *wire.Conn) (ds []Device, index []uint32, server string, err error) {
	var info proto.GetServerInfoReply
	if err := c.Request(&proto.GetServerInfo{}, &info); err != nil {
		return nil, nil, "", fmt.Errorf("%s: ask for the default device: %w", c.Server, err)
	}
	var sinks proto.GetSinkInfoListReply
	if err := c.Request(&proto.GetSinkInfoList{}, &sinks); err != nil {
		return nil, nil, "", fmt.Errorf("%s: list devices: %w", c.Server, err)
	}
	for _, s := range sinks {
		if s.SinkName == dummy {
			continue
		}
		d := Device{Name: s.SinkName, Description: s.SinkName, Default: s.SinkName == info.DefaultSinkName}
		if p, ok := s.Properties["device.description"]; ok {
			d.Description = p.String()
		}
		ds = append(ds, d)
		index = append(index, s.SinkIndex)
	}
	return ds, index, info.PackageName, nil
}

// DeviceError reports that a name fits no device, or several.
type DeviceError struct {
	Name    string
	Matches []Device // empty: none
	All     []Device
}

func (e *DeviceError) Error() string {
	list, what := e.All, "no sound device is named"
	if len(e.Matches) > 0 {
		list, what = e.Matches, "several sound devices match"
	}
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = fmt.Sprintf("%s (%s)", d.Name, d.Description)
	}
	return fmt.Sprintf("%s %q; there are: %s", what, e.Name, strings.Join(names, ", "))
}

// choose finds a device by its name or description, or a part of one that fits no other, whatever the case.
func choose(ds []Device, name string) (int, error) {
	for i, d := range ds {
		if d.Name == name || d.Description == name {
			return i, nil
		}
	}
	found := &DeviceError{Name: name, All: ds}
	at := 0
	part := strings.ToLower(name)
	for i, d := range ds {
		if strings.Contains(strings.ToLower(d.Name), part) || strings.Contains(strings.ToLower(d.Description), part) {
			found.Matches = append(found.Matches, d)
			at = i
		}
	}
	if len(found.Matches) != 1 {
		return 0, found
	}
	return at, nil
}
