variable "name" {
  type = string
}

variable "replicas" {
  type    = number
  default = 1
}

output "names" {
  value = [for i in range(var.replicas) : "${var.name}-${i}"]
}
