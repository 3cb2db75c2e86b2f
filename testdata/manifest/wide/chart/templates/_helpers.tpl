{{- define "shop.uid" -}}
{{- $uid := printf "shop_%s" .Release.Namespace -}}
{{- if gt (len $uid) 40 }}{{ printf "%s-%s" (trunc 29 $uid) (adler32sum $uid) }}{{ else }}{{ $uid }}{{ end -}}
{{- end }}
