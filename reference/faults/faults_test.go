package faults

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type inner struct{ QRMissing bool }

type outer struct {
	inner
	IDConstant bool
	Number     int
	Missing200 bool
	TTLDiffers bool
}

func TestNames(t *testing.T) {
	require.Equal(t, []string{"qr-missing", "id-constant", "missing-200", "ttl-differs"}, Names[outer]())
	var o outer
	require.NoError(t, Set(&o, "qr-missing"))
	require.NoError(t, Set(&o, "missing-200"))
	require.True(t, o.QRMissing && o.Missing200 && !o.IDConstant)
	require.EqualError(t, Set(&o, "id-konstant"), `no fault "id-konstant": the nearest is "id-constant"`)
}
