from mytorch import Tensor

a = Tensor(1.0, requires_grad=True)
b = Tensor(2.0)
c = Tensor(3.0, requires_grad=True)

d = a + a * b
e = (d + c) + 3

e.backward()
