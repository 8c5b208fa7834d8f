# ---- Programs: what is known of their files.

# The file of a program: its hash, when it was written, who signed it. Each is looked at once.
function Get-Detail([string]$Path) {
  if (-not $archive.details) { $archive.details = @{} }
  if ($archive.details.ContainsKey($Path)) { return $archive.details[$Path] }
  $detail = @{ sha256 = ''; written = ''; signer = ''; signed = $null }
  $archive.details[$Path] = $detail
  if ($Path -eq '' -or -not [IO.File]::Exists($Path)) { return $detail }
  if (-not (Test-TimeLeft)) { Skip 'no time was left' 'hashes of programs'; return $detail }
  try {
    $detail.written = (New-Object IO.FileInfo $Path).LastWriteTimeUtc.ToString('o')
    $stream = New-Object IO.FileStream $Path, 'Open', 'Read', 'ReadWrite, Delete'
    try {
      $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($stream)
      $detail.sha256 = ConvertTo-Hex $hash
    } finally { $stream.Dispose() }
    $signer = Get-Signer $Path
    $detail.signer = $signer.signer
    $detail.signed = $signer.signed
  } catch { Skip (Get-Reason $_) $Path }
  $detail
}

# Also of files that a catalogue of Windows has signed. Tests replace it.
function Get-Signer([string]$Path) {
  $signature = Get-AuthenticodeSignature -LiteralPath $Path
  $signer = ''
  if ($signature.SignerCertificate) {
    $signer = $signature.SignerCertificate.GetNameInfo('SimpleName', $false)
  }
  @{ signer = $signer; signed = "$($signature.Status)" -eq 'Valid' }
}
