removed {
  from = mss_service_linked_role.basic
}
