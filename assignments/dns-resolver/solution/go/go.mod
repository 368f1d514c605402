module solution

go 1.25
