{{- define "pratique.labels" -}}
app.kubernetes.io/name: pratique
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end }}

{{- define "pratique.selector" -}}
app.kubernetes.io/name: pratique
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "pratique.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
