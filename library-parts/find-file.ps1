# The files of a pattern. * is any name, ** stands for any folders or none. It follows no links.
function Find-File([string]$Pattern) {
  $parts = $Pattern -split '[\\/]'
  $top = New-Object IO.DirectoryInfo ($parts[0] + [IO.Path]::DirectorySeparatorChar)
  $waiting = New-Object Collections.Stack
  $waiting.Push(@($top, 1))
  while ($waiting.Count -gt 0) {
    $folder, $at = $waiting.Pop()
    $isDeep = $parts[$at] -eq '**'
    $next = $at + 1 + [int]$isDeep
    try { $children = $folder.GetFileSystemInfos() }
    catch { Skip (Get-Reason $_) $folder.FullName; continue }
    foreach ($child in $children) {
      $isFolder = $child -is [IO.DirectoryInfo]
      if ($isFolder -and ([int]$child.Attributes -band 0x400)) { continue }
      if ($isDeep -and $isFolder) { $waiting.Push(@($child, $at)) }
      if ($child.Name -notlike $parts[$next - 1]) { continue }
      if ($next -eq $parts.Count -and -not $isFolder) { $child }
      if ($next -lt $parts.Count -and $isFolder) { $waiting.Push(@($child, $next)) }
    }
  }
}
