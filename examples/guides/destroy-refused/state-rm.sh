terraform state rm 'mss_service_linked_role.basic'
