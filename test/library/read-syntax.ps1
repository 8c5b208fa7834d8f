# What each script is made of, a line of JSON: what Windows PowerShell 5.1 would not understand, and
# the commands, types and static members that it uses.
function Select-Ast([string]$Kind) {
  $all | Where-Object { $_.GetType().Name -eq "${Kind}Ast" }
}

foreach ($path in $args) {
  $tokens = $null
  $errors = $null
  $ast = [Management.Automation.Language.Parser]::ParseFile($path, [ref]$tokens, [ref]$errors)
  $all = $ast.FindAll({ $true }, $true)

  # Each came with PowerShell 6 or 7.
  $newer = @(
    Select-Ast 'TernaryExpression'
    Select-Ast 'PipelineChain'
    $all | Where-Object { "$($_.Operator)" -match '^QuestionQuestion' }
    $all | Where-Object { $_.NullConditional -or $_.Background -or $_.CleanBlock }
  ) | ForEach-Object { $_.Extent.Text }
  $newer += ($tokens | Where-Object { $_.Kind -eq 'Number' -and $_.Text -match '[yun]' }).Text
  $newer += ($tokens | Where-Object { $_.Kind -like '*Expandable' -and $_.Text -match '`[eu]'}).Text

  $commands = foreach ($command in Select-Ast 'Command') {
    $name = $command.GetCommandName()
    if (-not $name) { continue }
    $name
    foreach ($element in $command.CommandElements) {
      if ($element.ParameterName) { "$name -$($element.ParameterName)" }
    }
  }
  $types = @(Select-Ast 'TypeExpression') + @(Select-Ast 'TypeConstraint') |
    ForEach-Object { $_.TypeName.FullName }
  $made = Select-Ast 'Command' | Where-Object { $_.GetCommandName() -eq 'New-Object' } |
    ForEach-Object { "$($_.CommandElements[1])" -replace "'", '' }
  $members = $all | Where-Object { $_.Static -and $_.Member } |
    ForEach-Object { "$($_.Expression.TypeName.FullName)::$($_.Member)" }

  ConvertTo-Json -Compress -InputObject @{
    errors = @($errors | ForEach-Object { "$_" })
    newer = @($newer | Where-Object { $_ })
    own = @((Select-Ast 'FunctionDefinition').Name)
    commands = @($commands | Sort-Object -Unique)
    types = @(@($types) + @($made) | Sort-Object -Unique)
    members = @($members | Sort-Object -Unique)
  }
}
