module obsctl/prometheus-fields

go 1.26
