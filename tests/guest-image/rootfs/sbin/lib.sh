# Sourced by the scripts beside it. Every state is a line "GUEST: ..." for a test to wait for.

say() { # on the serial port and on the VNC screen, whatever console= says
  for _tty in ttyS0 tty1; do
    [ -e /sys/class/tty/$_tty ] && echo "GUEST: $*" > /dev/$_tty
  done 2>/dev/null
  return 0
}

nic_up() { # link up, IPv6 by router advertisement, IPv4 by DHCP in the background
  : > /run/nics
  read -r mac < "/sys/class/net/$1/address"
  say "NIC $1 mac=$mac"
  ip link set "$1" up
  udhcpc -i "$1" -s /sbin/dhcp-event -t 20 -T 1 -A 3 -b \
    -O staticroutes -O mtu -O search -O hostname >/dev/null 2>&1 &
}

fetch() { # URL FILE (wget -T of Debian's busybox crashes)
  timeout 3 wget -q -O "$2" "$1" 2>/dev/null
}

metadata() { # from the config drive, else from the metadata service
  if [ -s /config/openstack/latest/meta_data.json ]; then
    apply_metadata configdrive /config/openstack/latest; return
  fi
  [ -e /run/addr ] || { say "METADATA none (no address)"; return; }
  url=http://169.254.169.254 dir=/run/metadata
  mkdir -p $dir
  for _ in 1 2 3 4 5; do
    if fetch $url/openstack/latest/meta_data.json $dir/meta_data.json; then
      fetch $url/openstack/latest/user_data $dir/user_data || rm -f $dir/user_data
      apply_metadata openstack $dir
      ec2_metadata $url/latest $dir
      return
    fi
    sleep 1
  done
  say "METADATA none (no answer)"
}

ec2_metadata() { # URL DIRECTORY: the other layout of the same service
  fetch "$1/meta-data/instance-id" "$2/id" || return 0
  fetch "$1/meta-data/hostname" "$2/name"
  fetch "$1/user-data" "$2/ec2_user_data" || : > "$2/ec2_user_data"
  say "METADATA ec2 instance-id=$(cat "$2/id") hostname=$(cat "$2/name") user_data=$(wc -c < "$2/ec2_user_data")"
}

config_drive() { # PARTITION: its files, and what those say that apply_metadata does not read
  say "CONFIGDRIVE $1 files=$(cd /config && find . -type f | sort | cut -c3- | paste -s -d,)"
  jq -rs '"ec2=\(.[0]["instance-id"]) networks=\([.[1].networks[].type]|join(",")) vendor_data=\(.[2]|type)"' \
    /config/ec2/latest/meta-data.json /config/openstack/latest/network_data.json \
    /config/openstack/latest/vendor_data.json | while read -r found; do say "CONFIGDRIVE $found"; done
}

apply_metadata() { # SOURCE DIRECTORY; one jq only: it costs 0.3 s each time under TCG
  eval "$(jq -r '@sh "uuid=\(.uuid//"") host=\(.hostname//.name//"") zone=\(.availability_zone//"")
    password=\(.admin_pass//"") keys=\([.public_keys//{}|.[]]|join("\n"))
    meta=\([.meta//{}|to_entries[]|"\(.key)=\(.value)"]|join(" "))"' "$2/meta_data.json")"
  say "METADATA $1 uuid=$uuid hostname=$host az=$zone meta=$meta"
  if [ -n "$host" ]; then
    hostname "${host%%.*}"
    say "HOSTNAME $(hostname)"
  fi
  if [ -n "$keys" ]; then
    mkdir -p /root/.ssh
    echo "$keys" > /root/.ssh/authorized_keys
    chmod 700 /root /root/.ssh; chmod 600 /root/.ssh/authorized_keys
    echo "$keys" | while read -r key; do [ -n "$key" ] && say "SSHKEY $key"; done
  fi
  [ -n "$password" ] && printf '%s\n%s\n' "$password" "$password" | passwd root >/dev/null 2>&1 && say "PASSWORD set"
  [ -s "$2/user_data" ] || return 0
  say "USERDATA bytes=$(wc -c < "$2/user_data")"
  case $(head -c 2 "$2/user_data") in
    '#!') cp "$2/user_data" /run/user_data; chmod 755 /run/user_data
      /run/user_data > /run/user_data.log 2>&1; say "USERDATA rc=$?";;
  esac
}
