package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/internal/postgres"
)

func newMigrate() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the service's database up to this version",
		Long: `Migrate makes or updates the tables in the database that DATABASE_URL names.
It may run while others do: one of them does the work. A schema that is newer
than this program is left alone.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			url := os.Getenv(databaseEnv)
			if url == "" {
				return usage("set it, such as "+databaseEnv+"=postgres://user:password@host/wiregrade", "%s is not set", databaseEnv)
			}
			applied, err := postgres.Migrate(c.Context(), url)
			for _, name := range applied {
				fmt.Fprintln(c.OutOrStdout(), "applied", name)
			}
			if err != nil {
				return serviceFault(err)
			}
			if len(applied) == 0 {
				fmt.Fprintln(c.OutOrStdout(), "the schema is up to date")
			}
			return nil
		},
	}
}
