"""Hashes of FLAME's connectivity; written by ``python -m tools.flame_tables``, not by hand.

Nothing of the model is in here: a colour is a hash of a vertex's surroundings (:func:`.topology.vertex_colours`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Part:
    """A connected component of FLAME: its counts and the signature of its edges (``topology.edge_signature``)."""

    name: str
    first: int
    vertices: int
    edges: int
    faces: int
    sha256: str


def colour_table() -> NDArray[np.uint32]:
    """The colour of each of FLAME's vertices in FLAME's order, uint32 [5023]."""
    return np.frombuffer(base64.b85decode("".join(_COLOURS.split())), "<u4").astype(np.uint32)


EDGES_SHA256 = "963f669aa6db0571a9e2d3940676291d5a542f366727c716be0820556140b169"
PARTS: tuple[Part, ...] = (
    Part(
        "skin",
        0,
        3931,
        11731,
        7800,
        "194e22411b21017fba3f322011b813f4c86c6461be3e68a4cc7f7f6bbfe46752",
    ),
    Part(
        "left eyeball",
        3931,
        546,
        1632,
        1088,
        "7b993e9f349321daad2565d084072e77f1647d5a7fa1475eab25672e7c57e518",
    ),
    Part(
        "right eyeball",
        4477,
        546,
        1632,
        1088,
        "2453a7e05b33fed9bea1b90f67503cd922c3db4f2a03270e74e217f7bf671174",
    ),
)
_COLOURS = r"""
mQV_rOQ{{<*d7#ds3zHQ9t(RZU!8cFxVU5#xcO{w>a8lfd3oljXJ=q&jBg(Syr_6p^EboDPEE^54NS6=zqYf4uS}YHj3&fYo79;HqH!u^Ve05m
=`RQh&IqU#M~?7l1dcePG-0=;E?p2fWq07ciLwZJSGO7!a8d`FY{RKQaBd;?D$l*dbN@|25I-X<y0M9H%b+@cg~)byKf+Q2MyJX7a-Zg)OzlZ>
YL>*cyH1G!Qi4Y&1nadN4oTjOwA1G23j9rEQ1bV93W6s{#gR0BAipKxeYH!6k<Qy-JP_JnzNF_1)~w|Y81aFp9BFE#MW5r9H(McjBW!pQK9Z#W
PghO3F6U}!&D;#x2r|5rDWPZebrhlF{Hc+GZ3~X+rlNC3w7`WF93K$uH%v=YjfSmNRxt$O)pw}MK~N!2>1#=>tk(T`V1j_BC*uu0jkr>n4KV+i
Uh%(uSK!N%rMmt9)nO4#w!qgbpWBZFtAu#JeYwG2K{l&g^8Y9BJ*W@D*>sSh1o}x~Mi;*})oWfH`IxbO{c%#}Q799=IsmV@=|pva7HWs8k_`F9
M~+@oE@;4W{G>^IPnu4{qiUyx3-nAKpmH#J(*5gEyv#mRYhuMVXdI>~mrn}QRV#3LmO64b4SV<o#Hyfo`FPgLNrT_F2VFZYBbLmR45QVW^tM^r
i0R_!jpowu#H~=NdSwtdi3Z#cmlAd+o6e+_jnEUi!yO1X`7q8Zz{Oaj9L{%LX*4fBp6d6y&NTf@c(WK$(s19@IPg#9by&GvP+m**uzfIGjz=f>
j{6Ehl=vuLt;kqt>_7kQ9QFF~;<|GYgi5Pitxd7{jZ1j4rU7dLAw`Gcz4VK9#KUS2K-+)X(>m-9$7QcNdhlZ4JERR+q__JD4gCdZ;x;-AaIXv6
{Cr@VYVc1~lwKFjOihQm`GhY2RNjkI#I}0!O1%Eq`XO}0dW4SCFCd7_;K<(MtyLT+!vX}LBM*0yV+6OQTJ4|{I|haY8Fb5tR~;^th=?)3_(4nf
Is?LtVg}{aCJK#4Be(N??L2PIRZ4Fd!9%JG#-AutSjGADhqax<UuXSgEU7NoLi7n7*Vo)2<uM2dWM+M!;ryDr7d-Haelo{<;(3&s;&F(_GJ5wF
x+VYXE6|~{A)ev5nk&Xa8vZ0pMR`@z9kcD6yb^qJ=2MjOy1npjF&VFo30g7DzZ@-LFLJZa2FrB$x|&2aWsn!qP?S}OogsXdz)FmagTxDQx~U$M
j1;>EC>bj(m~fbjTFEQoyd&VT>Y@!nUBs?Q)WB-lCYK!>3_A(RmxIoPPX>KQ8Wc+XPR~ANw4bj{W5yNg1+f6&^Bj1YgsI)p0+HAG{$=PLPu$3i
)5QQzGGVsHB;*!L%wXr@AqMEqF^U3Y*)G1Bt_H*8v8m{B;-|1<;uqO{`WBDufW*`;9&)H#InY+-dIQ~+;XFEqmdIhMJpG93R0%t3<e!iHoq|So
?za3sQJT>ENH68ET&ysHK8OlnCH#MXI+2nHQxJLz4$U5?>1ED9H;hz)+)oA<2#{*VYbU>8tWT#8vmq#Gg3-<~FO!@b3XlN{MzI1E=9d6$xq-n`
mjzM6P<dSip4XITtRWzLrQL9=SmyVzy+-*lb(U4SO3btdLj#vnV%IoV)}`uB?*3X=<E+Q}%Bxsj^^D5KJ{K;HAtRV%QuFe(1R|^Itv~w-@&BmS
8$qIAOH=22zpkF<8Ts0|R;yRuzMirq9(m|&&$$G?2xUT=))&AgPPNMlRw-iJ@e^c3IvIp!@1IolI8shOrkF7=NKJb|VlDtcK;kuwdifH$=tl>d
x=8Uc5m2juVI;bf7s)Q$6IN_ATYB}v7N6VY4;yC)G$g23trMV0&wLzD;M-EJ*2Wj*mJvWKjISn+6E}pZ+jLY;%!ehc`Zc<&{A)@dexnZoYQ_)Y
9_(w)a1As50QO2rmGrbp_=@xOKtRG8)Axi$VZ(4sF~dL3L%Ya454V}|?28$vZrORJEv>j){9Iq^NifW@R2uSkoYhosuVmSnxdy{1+V~2LvFq#(
m+(i%QnGP>h2{<Nr*rn7T9x{&BF$X+-xhBb=~cZdV7NvJXeoA^>Wh{B2-DtuNpZFSEdFZfKTi<oTJ7F++LFk$C~61eglf3#{8Zjk-056y$OX#}
2aVc@`t|#`f`+VKK%GN@fY=XRnHzfkUd$kf6;Jy4BRJz-_;3iPK>-047-iYKwlEw*|2A%i(}sX9)k11g9%V0T|A0L(HrtW@h3Or0C4g*UF|ROh
wUp^3rlPlB&p>oi_1Gpk8QBvfmI3Pg3wLog(4b2gDzPZTcj<2s;iUhGt<jLYlbxG51+7XmVibr`*Z|x|5<aZ|VV@*Whl2Vo@4F7V&OR{{x+@X_
^wYi5SP_AnO0C{wx=;IOf|Fa3E=G25f`h1EL)N6Vo)_Zi<V9h3+c)Qn`lo4SN@)3z1KNJ?$l>{hf~Vo)GkH5!RDsG8u&9_mn%D{l;_QToF=%7K
vnka$NvTjS?O=}5ME7Q__x2V~>d0gF%X7n;Wln<K@&5Wh56KL7>t`6Pj9QPK{^hx5?XN$=BuXLS_<-G|#~F03%lX?CRCYQ#=MR508-n|ObPaJ?
^8*NdgR`5gB>~~5X%yO{FqS>6!8X0HSe1AdYkY}8D9W)HO}NyDiF_#guQLFh1RmW-0QdDavhwZROb~Z*SJeo?LjZz&puB8x?>P{lp<F)gP9&X4
UYb>Q3&-`*Y!u9nuJ(_27=*dxTnf1~sLedxDA@R{GpgD32AgwB!|5ny;q)Y=;I<zSXL%r4UySFheti=PvKt4RNP8xC0E^|c%)_y5cQy|D^dY{r
(=eE?(yevhp+(gL$sYK*WyG7=1w;S|nZz40x0{e|7l}QUJK4P}96C_mSfUo}yJ}U0aUF#!t(v#|a-JJy#7n}@p?!C1tETn<!6$}9lo#|v-UI_>
qg#_QkDbBXAoP6C-HRW2P)u8H78JE$)^4{(5;O0=BwE0v|3laCma#!9iC>ZNBAEMWPSzsHrA{0opQhR$0groGqM_<Rw3dW^kt>Y<2&XmS)*dL2
xfL$SA4aV%CyyF3|Kv10Y02Rztxp|_e4IYO)!Fw5&+a?ETG-{(iwu730g#$o86>j!L%xMIS~|RX#5X}NI<nTC;Sn?nYHzshRZ)8oP@rsP*@6>t
M>_-lzYr6c_>J^dj#|_E>CuJCl{BWXzJqbQSD!gHmv74FWtWA2u*dOw$%FEes%XfHIYc0PWm1}97NF5K9C|jy3MLslwG_Px>OL9k*Ts|YU|G-?
VWg~JM2T4K*X!DZ{BF2ElYQRSDQ~0qI$yAUl5ojWB_{SM;DeOvUcgys>ie*=fenTBTH{2*)=&)YyWG1#p58w%4Pp#~d<{v!GfC4$jIg1s(K}U*
@3k&0V!zknL9Kb_W$r`}K4&5g?&e=MH7L`j1-<h;x!PB%va|2bRsgUC)~&I{cfihgEbs9V<5t`P+A7(OL*;Y<i(xo}uXpoVv#H&DKbFkqmD73K
umfmdA%$6x5F|>Hu6GdH(yurY_;A+!uNnP5N4b_ZB5|c8)E3q%L&X-r5>vBEr~zW2D%4F#DQb4^l;dz2YKDWx;GYR;Z!H=MR7Ob1z7%2p;J5%@
n*iNSM5j-ipvHr@Q3lm%nkX<W2&O?U14Yl|8gDk=fZGOtXF)3(4zHAGy5DYo#BA8mQ$ic|+=IxvQ3c&}Q~j(XOx5h#)>Gr%jmhT{g|$ZCvv8Dm
^`0lVl!pVzT+)|dJL`@49X-5nBb0#>@zx11S(MA?)0S{^kNvk%LAa-wu>u-fax-GqI3T5ZLfde>FMVrV+ErB8In9N~)i)MZ=vyTNUG_ib`=v$b
jkQR`x6&r-7AqGc5*TQD=6Vt_!U^tE;bsy0-tMbc50tP98Qh3U6=V5N-sf5FYEk<)e%oseJ=)tp>lEDYTRxImaury@b;{4_90ahJSh660#?lyQ
$R)n|=HbE{vN+T~I&fr2bu#r3Vr?9mQjNAV>R9-OeEnE=sy~r^Os5NZ0S-tycmJ>D08Z>)bTbbv`dX7^IVW<|479NEy+AfCMT6jAWxtBqewF<s
O8a(pm-zN?C=(Dd{@fqSYZse2pQEPkDafdV^LS%27gm_qI%g5r^P8)XVXbR)Ka;mq>Hfdmn8QJYy#&Hw^o%$z{O^~XLe>8{MZ8G-J~%!NZ4+^U
O9GW@yp}q{5Yc4G<w*<$-VZdKDNlFNp$JaY`d%qcJ(_JQQ{tq{RDV#n+7HcwojS}GReuiF_>J50#!`6{v3c6-Hz=6!E_u$GS>{no0`|YNj4Shb
5m(V0M`LC6Q5EY3lSrQXY{<EY&2Yj_UNbi+JwVe8J=`N75#oz$W;-@?<oP)L7r_tVd>UuijYhr$=f_JZtJyH|lVaPDvvj0R60I%6=B>*+yO<AX
0GjvzH!hw~Cj6fUtIO}7n_Zv8nYuu6OHA0&@wilPV>xFK$0A6G6?Ijtq3>{)lXd{cyoX3J(%_!^VHvP54yGbD2pQ?X>c_cYvPyU@enDORqHFwe
5!pRnWOpsINk2}%!#0OcY$~B)op+u+6Ia*KVR^+paEre$*gPsg<X<4|r6R%JH}Y6Wa_27-XAjDJE#z(CQu01Dpy23y0iFfIJGEIM)r81!j{*Jv
R^V9Ie*Owqof${1^|(x5#{n_31b}HJl7MfrPOpFf=AWMGT20LECrCR;QQ#Diz&3$c(^hG~impVo!whMIskizU+u6dz))+#sLy#~RwC^60`4_#V
-x3}x?T~n=786BQJa>hxCSQrl=YGhvAiq07J#L4_&8U4{AD@Kbt@sMvzmI4RHewO&RGpqorMcWKQy<`N4<j)Hd6M3wdpH%Slto<j>4CLoeIqpW
H5W8a>uP0`y$!|qjJ?NLKyYG!5xzs|c)2M$d=)~gPa8~^?Z~cM^w>mib~R-m)NKoDZdy?pQfaqS#jN4yuy^|uYlo8Zu;g{3g0m?DctZgfn?5+v
(K4$+W)xu)Y!F5L4mmW)jyLyuAf{bQHN0v<rapn~p4pZIxjp5JB&XtHpL!1edQd+6PvvQdW{=PveS>)-`iRTdT^)V*L=lMs4{@KO>={)vZv!%*
uy2}#5KPu0kpk5@a>g27_G&+j2K94p{_(!)oB=r4hou|!aN$CrL0;`FI}6DgOpTS?V)4#~L+0q1M$B)|IM2|*Tw!2M6}@5aB%=GWnD(_Pd<Kr}
Fr|Y6r*YRg=%G=rq^=za<91W>@+EPDu1MP9#_*<<F1|=J%xL&XFXr#4@7Q$(xI|1alZQF3uwZnB2?4CuLk%rs5ZOu4H&s08G3&`e+{@YG#=Co0
#cdtwC(>qppS!r;?{(okepgLJQwr3B4p#lQi~hRcU6{9bVjZ+ypfY|Z7Zz4lr=Hi9$k@{B8}K4D5k9jnp~`L7T>*t;Yg(^_pJW*-#ncPj4)4D)
K0Par(w$E%_w|h6X#=3y)Gqpq(#ogat@fDcbz%()6SZKE`cy?H>{%w%l@Q7S@>ANk@trOL6D6~OX_T(Ug#?BfNZh8uOoTxPkCm_gx{fyKj?UBo
s|QQr9cnMzow@IuHyzfn=Oy)&fHq>!k<RxQYTp*&nDziR&b7VpHog8@K{EXvzHSsjTY!JwFNN_>LQ&@?;H+~}n6A@EO`L^}A|hWShw!Jby}98E
GFn{?l*8hdF~~I4!){_XOe?gAZh>(9XgG+>qVPsQ^YIm>^8;J)iP<z02@nyb&P1C=aiZ(@AJfDHgc|K%Z(33=penK6<Ar3D&7K$&b62-L->_d_
X5nUNHIhUm1*8Nb%=G<2eznmv>wx}V#2RX~S|h%m;8z(>bMT=Hf%%PUDSvT>wel^wRO<?X-9dER6`5kB;rGKJmACSW^p3v7w%>Cr7AVI2U@OM+
!O=AvN3R<gtFAy@;X5Sa?aH>CW~OD6ghdpS6l;+2q)~D~FtN-Up0{vdcp0#di*zVsqT1@U6=MKRhax=#p6uYSUHOm_M{<DYwyL|Eg6mQD+bF`{
PIRR!QN`3B)ETzHC(Ct<6l^DpSi-kPEehBcpJ)L46gN~o8IQRnsd`rTwQo(b#^19d?0!8yVn6EfPBnVJACn#>9~JO!DmZa2kL$+Z?stLPx|HMw
CSdm>rl9Saayuv*b}7VG9$yM&wD-?7%oufe8(MPh9FtOqL~@)#-EGW$x){F@6@#G7a5<hpGX4L&qad`)aIQ!5Ms?30Ktg-a<3qOe!D{tdLmekm
H-|dO*)DA#^E?yj)Xdw?=rQvIiyRN1S$@RQl&7bqm)0RW$ZqYz8UA6Z(J`tnQeU#J-nS(-o8?Dq{}y^U*tyWd8^#XZclKB!^YnF(h8B_Sh|eIn
xJeK#A|FHUW5RKIRE|q1cz{-*_0abQz~kG_Hw>Bd-utsqKa5(ZfiahC3jPEdaG(1p=s>C=Yk~^{@q`kFj0H<bJp^yd01@SEzX6DLjS)!>gGDML
8eH4%LzEwX>$}PC0=<GFS4(ukANTDjP(WuHeeAa5urfy+KAasQyi<-Jc~=Wv`3<oJUAD-vDz0~Mr@GJJN29*vnQ7xSbvo;;Yjgh*oyHin;UW2=
uXo!6H)|VNQvj&M2IFQp7nQH6E$GHPBBwx}+}Bvu!6pqj7|@Nqd1#Y6a1VL@{y<?+?zn)4hW(4M;X?f>7rpL%>pU$2{lt!0Y^&F=Cr<5Y`yE5K
zT-wZ^Wq1Zld>%I{*@KU>b{>sGJW#&^YCzAs$SQ;@8=zju^30IuyYQk0Iw^pis=}L)`BaPOjJjZDtvo@;;M?WS*vdl7gFOgS@4b9NR_Wvsm-J9
jhKtAxQcD7X=|g7+PvwsVy&k2iO$c;OKKv>>#v<fMawACuNn`{o$_9^(A*gN`O4+RIge%L+s`!D(GvsT@Kc(&=m&WNcTvz9R;3(Zk)oiM5JM2g
N6FSk8`1WuNG;!|l7L75bg<f0jXhu5B6d4M@=Gs|x^)bTF(mVvQ>~3n-Bbt5-k&|FtLiZD9bvPCTEMfflA$n<iVBwN?=hfL<9=xjV?~!Z$*;<v
`#PU7P#To-9A^jzf2R5}YqzsgUTwHe6ppC-Z&6r_^iGm{-Cu!zFEgZNWFO1qeaCKPdd}x{*Mu!%>Kl<F0$`3euRJ(^8VKKcRv$^{>!s_bKGWIZ
$u?^M>yAhlMEB~w7qT~Q0Do_}o>~<ue4T0NX21;I$c+Z@&O<57KaEp}cu)Wj;POs#0*1<IsJipu?60~xli^zczgc$@JnC$K<t7P3gML`0!>Y+s
gBXh^f`#b$R1ajC`k66L5it}KL$5NOw?(bCf2>^T@2VMqaATiCC#t-b?)eKi0x~ziQJMvgZP6-UM>No>U7>)c-q{*a!tJ<x?dm!=DZCu0%{_q^
YPx$brWmqr=~YB6-Qt!g;v-yZl8VzX`H)ZXO_8IrZ8g<C7?tyUF1Y&W(y_qeT`5#;mgg>bJm;<xDfqx&m*Yv#`EWlEd4qFWg&KLo$iN>(xE1}J
TOg-GsK0TSD#+M9^QhKRZ#o=`)q}C56D?1xyG+0Ro+kaTGmvr<5QmdijqfSLxUQ^MG~*o)ow_M-%du!bJbBEVA#HHPyykHn{N7p<5+r9=ov{-$
K>%xvcKYlT92?WdA1Z67r5g|6dA5lBu>C=Bw|#GViAS~T;3G<%q_-HAob~KP8xf5unZf0GW?{&z8r<YOU3w5;0GZQ+IIyo1;`J4IC3U!8b43be
WkSCv8IxvdH-sITkY`HeJj#RGhWU{9P5@=AC?0**EpjqvN4eC*0BDT0c#GHAy{=WM2j}-cUW&#iMx*Fmlvft#Ldf=h_}ANiTg|H|=+z;txG>fy
AAKv?%)??gj9NK%ofQ5a?-wDsW8FuEEVLR-Lz|TO#goSEgN6n$xE7^?%B%ep*5dli2niO%BCc)*-q2j+Z73oL_KBpH8Kf&WxL4+yJr+Vht#?$s
vgj!S7vYXgM-X?E#0pDKr*+cCtgYoxXFeTzRqjo0ZS)q<|L|xn=zZ`G$SQ6xp2>>~CA}|kcF9+`Pi~we?)Qu;4>-{BZEuqiv5~`=$pv=zih&Bo
z}~VdQ8cPWxO#oVxen^gxJeur<pXZQcEX()tj#e!31EagCC5FOYfQ$@WEGOdmk6*pjBiT8Pbc1~O4(LygE;WS&YwM9fThNe@<_G0o(UE04wzaw
!7B3EEGjd_>Kd2P$nl6VF$`(Y$tQyVH1i}BRA>XVN1-KrRtn4jw_#qb*{Ex&32tri8}Wkk7st|;IR>FqOfB|(JIP<AF?EK0Ug9dTj8Rd1yMd%m
vf<*fj6M{aUebQ!sp}aFPsYV$2>C#`w_+!=XFgIT^XAM9iHY9!&(J<jak^?fE$4??YhqrlOZ}ZRZ0ugs%s<i>;?pj?0Dd$gH1KJ?3NmW=1xRy+
5gIgOSpOMb7aNKi;G~?hd2;&j#20*IcXXT^hl3#bj?()4F)$))G+<hs9ZHyp4#+`LTf^5v6w-k|19##GVo^9INSQr#r}G!x7Hx?ps<Urvv?PJ8
irFF8*I6en4h0Vp>qa(Dqh~9Pmjd-#EZqCMmjDJ~F;a~r9^Fz&+$e$U$<_)wE#TPv44Ge;+oO(ldQoephYfC5g#h8tw?^N(=k47h%UVDqp6L+i
ss(2qFy1=3x5v(lNRSm@yYk{f>Y-jE9Vf9CPs88E(jy@s$aYVpA4EUY639BMDB?A|5~Nh-XSWOHTLCFljT7JXk6P^HO4-WpU(JqIalucqp9=YM
0ypCu4MwIp$DzTh=zk7-K2<yUTH%_9SpTr!{a*Q;OTa!OLTpFQ+&F>Y^pyETX+mf_``jt|hxW|z&L}l_fo)4()$T@=HE|Jiym2v1IvE4gL|Gsm
^MGl$jVIc&NT-fsxq6T5ys{fs?L79%UGk_RPfHYayerb3Asc(Ug%cgfP_=%x=s1U<wP5@Z$}7A#njDmAjn?M$eooa9I{;k)qd^cQ>8I>O{Q8Q2
ac#yy!z}+ez{C`VQ}F`Vsf|t!Cw>PWAX{dtdY<<kNJA>`)15x^?kn0M>tpt*!=X0hYF67D=R7&pGKzMwEjJI@iuJd(&0q0#10>@(CafP$Gl-Fr
k2mSy3Z;<319L0aps3_RrQ}X1#$K;1`<4TQFU8SSMZNsaZ&Q_FlS*m?zgo6l2UY3i6{fC}q(8=4a2Wia)*1)?J~egx!g(OI`>$4KZCwpCDDu1j
Tn#++%YO)f(Yyqw0Bh;|2e#0=f>_U6PJ+`@SdS*!2|4|C?!g5oM?E1n0lDT?UvF(h%h0h1?FC!f8i)f}*4Mr9UV#>X#Sp3TQ*qPVC<Wf8l#Bwt
WQ8&8!pJvkR&rC%GEMps7S<ar4|W~acl$}J3klV980o5*Y>>N6P6b+}ycBPOZ=&=9jq=ik;V7P5b9prfdWCS+`PTSN5qKW5zBm?8U|F;?j3@C$
Q46N&<{0GN94Ubqv4@|v9jtudby>qn=hJyx{C{Dv0g+JUBugv(>o>6cm@3sblZbB#?Qen#<d9AEpGJgaG^jkD-hWxQct<Yy12pHD73ttir^EYY
i-um|mLu~rO(LIbG5q&)BW1naG<x)6F=6q9x->Le{95sK()tb5!pO(pi+SAp7)O@(76_9SH!R#=QWLR|uLYz8CNn~ddXk_bVpg7iJTrvhzf6wu
Z>-(oL&nTdc%@Q_lqDhzL&lzZqy|tpqGFRfrxl5OoR5|E5<v57(*jLspWuWIi~|<8#VDF(H;TQ4|15`srz!A8kb!;C#y_qno4U<k!!la)v122n
nIy3($UC}X=wjAQFgyg#0Mp+=1YnCXezMk&Unvu?eH%b8cK@tRiV#>z81R8XfV;NRRYq*o8PG|c;gtZtL{<l^-VzHUD05N#%v!>oyQ`XXGIM|A
W#9$4d0zuoe}o=YLcJc&hlCEV90<AwzloPp#`N@f+5TM{Ndp4n{6?g>iAL(dTZ+2EA6s=c?pxo3MPnRI>72uCp|&0_Z(mB|)8t>{?mty(=%cQ2
tcE??P=fR;vYT$~;>Q<J@YGTEpcC8^V1+#JBTN|(-WS+KvSsrx+@jy-e2X$|InQ|!cUmw6`nsRX;BxjOyd#iQL=YAQ+vV<~?k`LlUHE|9TDdgx
rQj0L=PQ@6L`oM{cONrIHX9B1;ENybKCe0MMNz}REqwOV+<spTxGmC>c`LfLdlVz)A*Lhp)+PNYB7~|3hw{lIMLrEo?-`l1(~4l97V<sJs<dpL
0~A{=kz2)pcNhnp-MlmrT3kI+u(vtz=$UCqva3-lK`~K>{t)1+*<q_=gWYZ_c|wY)>vIPwgVdLG1>F&hC|XYbjT?C365xVRX7->f$_>TL9zk*=
+z<+*EXu{(qHAV^H+b#1fC8_?zSqRedDf?dE{5|uYD390(ZN_CYDLqy7tzTSt?|9pAJM)VQ*oQK5&BpX;v6xqL@*_c9hXrWW~}^|+1a4tE%}SR
ZNzsrnsyePW5yNW)Gld%82^{?i2^NkyCpPtfc3*5@Y2FLZ*0k7sBwA4>jF3-@~o?q{IjMRSS-R$#I1hq#-|%)^Nh<mIATV(3i7P4UZrK1Sj*ZN
-;hsGMcxcp6w8yY-NCJ@v~<Y-few`qsWdj#E)aT88(!P}$r!SVwcM%0@yx#QyH;tVQ?To;i88ww@`7=ddZkb=Tc!bd0+$RvJ0%o(-DcO7K1DPO
gA+%A9RtD^FB!{9=eFepsUSLTnuI=!-a1AuW4}s5&Ty;aphB3|<rdOQN~RmoEPeEHR|<voiio$(l*jIP-FF)`jSnPwVkrN)Fr~1LwLPQ@OTkgG
SA7B~>8rDGXn{!dp&R(7<JU-y$qsRb(^MfAuW22Ww$G|#WzW(|I3#1;INto9_~&i@1NZItOjj|1<#SQHOE@=rL7KUaBfT`5;{Vilr2H}u>mxzd
?eje7*S8kk`cfu_?558@=yy-9L15U6PJ#}eHj!>_FwDsjAn^vU(9o_b$%-cOIHm?Sy0(W;k38!3|DY3Dch20gEU3c~^%FmH4yDZ|`~(;YVkDLn
XvF!LRmY%<7L+#@!u1dhZWj)p;CY`_+yAqJ4X|xgh==&|Bg2SOCN=3L5yckWfE^lNmWi_H;viIyc|N0TjlZ=UEy$F5%wX3%TZtX5W5@>$Y4Rzw
Ovap2DZL!=lW(+KYlVqLLzvu@676d@r{COF7aP9RGODhPEf4Ojee>JBV#RzQKxKce4*FRHKf3ocNwXnyt?mb5@?PeiywJ&1?EOkd>n4o6xR}Bb
l%M2^ti@A2psaNWf2<__rZ+|BDLUjlu}%TN_Car|==blH4Oko(>B=};+;!8Qo1qQb$k`dL2HNa^x^ce_(&kN*nBnO5c}{*lOGO#>#Lic<*}p13
N6XeaeuvG3s(0$dW<al-sLI$xo_hPg)L?F#KDz5wRB4FtH=H>l?j352+YXP=nddnHxEfCK-~o;~bBM?HMI;Y-P<_if0yA<_p~Pnppqyc*2v*vQ
iEeUx+rYBb$FvZ4F)GXRRBiPv^Ge?<Tva(UyWuS;2*w--)=jM8AH0OW_ANykAmqZ<T?Mt3$wfB{ze^DQ5#goxf~-j}=K4zXoh~rt2e_b;QCVwD
>mF_O7coV;Z(I2<f|z&XsQrX&WvG2eT@28Ez5dOu12A7gQVvywCI(n!=1CUKZT2F3lCs+h<W5sU#}#ec1_HljFxtVg4Q;O_AUt`GO|3tnt3^1E
aVYh{T5@jzI#Oefq&VGX!roo~Kd}yu(cO~*R%MBiA7NhsH6ez7OkubC_g;pf{w?}Reo@LZYd<rxe?OYAvCY0K5RJ}~wrpiP0KYhf*6X)2F_n`D
40Kbct-fHjJkZ&%fBRAL663q07Dp0u;I2K8oB!yNy}t^Sv)E3=f)5g|VJ+SGWRzpN2vBgm`f(T%R-T&9P&~nOa&9?1AA4+=aNwnRcV`W-?t2-#
>lxyD6lLO05E&3;X1|WUMC|MTd4DcjVcO-DOl;*fQFf&n_&1jBmCtI&4(aqqX7EWjyEHF^I_vjN0vNu(P8E@y!yhUmf{Z=Si~H>+M^aI@o0<rP
!A#Px2Cs+z5T{}55gV&`dsACsySX+l98~EVgce$`@T3@@Q9}~NEWgji32!ogG<DHHVjY|Davc`<vSUM#&}~ne9yX4(s<I93-1QNjgUOr&$HeuS
+neZh7lD|4MlFG*CS=S`@o*tXr7KvkI~*nQ^NT2mL|Wv|wqfH>D{gZ*gTw;KF1flcXVlxtx-_xMj80D99ase0Rj6x?K0!u{u<Y!ne-eBolA@=v
2DwhReE1)wp^9m=8Ww44`zb<9<;a+r=p;8JspR&po6V^=mPX6YdJVmo9Y1^b+E-=%(BIGUfCUe+j!mb=ln=iV*r2ZGvP}4*8CYn!DI<d?)DD&*
Zs2xQj2WRf9zQZo*mYe)ol@lAdt^)t?3HGo#&ns_IB+{G;vrOcsXo?kmUBKcj<9x39Zhe~M8yei#V7+{3U#xL24ei^r_Kvg(Ya?g%!X0M+Jm)$
@KN@Vyb77;NPP=<VCKO-gj;^0X{qwqJ+)ezBZz-I*N=W{-MHRQNhxW_NS~)_2=x~fUMsS9CRx3;dqkQQK$vRcq<(T>vbKD{Tviy6u2t(RxZ3yV
&?;o2_BGDD^P!k76butB`ytE1y)G<?Z$9544io3z%m93W4Z}np5q!eu;y*PrWmY+zkh<;CGQugjy#YD0S&uNG)1$*ToHwlU`k_Omf-I#>nT8D@
87DIcmZ7nK=~9W0HQ&mx0fj;w6{leFR64w%-#a^VN~M62vKvIkGfIKK?a?86?TEqdn>8~+T$Tx#ZEX#u+H?A2vOUQc%{n~Q2F#u>&C<pYl>QzW
o~IGFm|(H=L;egNG*+&oxTX24mZ4eaV`t9SqD(SSq(MR}7bPU~@f$Ym3%Pnidd3x<o;DTU=q;Wa<;<gz=t5g^n3<9aalo3Qxfz=o?9Y?+C2Lo?
vG-*gx7{X+wDfCvHT!ZRnf?GJKr-VR!QCGuOg-yR%mzzr&XUP_3>aAOB(t<FcS0&kwjL}pZgch2h8Slq%J7nM8|pE#xs>*OhW5<Ggm!@$UKy;B
UVK`JOsp;>LZz&yQCl*d3fNe&#8=^$5Yqx&?q&dv7E_U&!DFvzUO5v|W{uF7NJZ?P5viq-n9%i5+}5!Dgx#C<7C%rXuPly3;V$uMteVHH3pG?s
W1{@lv+J>rC8S117Lc1inIH=0Co4tsa)Uy$M*iU1GLxJ$T;!vlrBGt#gbO(ZH9$z3pg>PZ7X4D{E~;!TmQ#f^R*~+F^U^lWfr0F_fhZ1d?6YS|
=ByXDT+IU;83;*9$J0$8c*g8u-+BS{x$0cxbx$Fn6)|7~_{%zcf8<`T+X7HKCVOH)FqTeb?VA(1fM_qoi=U<ZZOb}9ootFcYbJ{e+pdizNR2%*
QckVdfjpBT_KeC<_GVt)9<wa_-Tq|wT}*2+vU?a3i=@OV)*ufcPA}mpmn+|Z#k`!+FcIVRdI_~q^v2tB^`!aSG%w-$R%Wb~d`RdOtXfm@-z2`e
W*0oM0_%^us03^aU02pr8?z2S897*@{D0yW@q#p=9=w5ID*SPTm3}JUu;SZP1PQa!Ge@GS!ry8>;~(z|8FVs6z}V!GQ0Ee~xL&YsgDhHfSk9af
S?RZEmwkL@&es>&FlnBp3(ESiBs$vndvxDyih!8+K1imbum#vr^*1@-ouB{rL{e-YXgd**K@BI<U7mvj3>+>q1J~{$V#q$!f<31IW+wu;l48gF
irQ$pfaw3Tqm&!lOCrf!72|SZbKVQDy#43f`SkS9Plk@+6m^u|Os|OS@3h4}-M?rVjvGt0b+EeaSY`7FxhDku&MBIjMy0It?-@tW8=%dmLCo$1
tV`H99hjdJ9*eT<!*OO}!ohY#nR$<@uyG5VCy%bCf7a9w;y(BLwPIsY<WgNJ=X!~o%$NY`jmTLe4FMa6=7W$cJ@<u4QuWoCHElWOOsM6>GQHhB
B)X2DSn6;#mK06@_9Rz|1^V@%G%uR6lU*{tDRMAAFAMY=%u-f;vQl*v5-G8k0OimztS3OkFyg(U8&jFK(H93op#hucKTt1E#odTx6U>#JL&))1
0wGR9$e}PBmSWr?H}=NEt8|7n<~<Ay_0iFR&cH^&eTE8@bNI@NVO9komTxNY?|0O3Cgc(BrFZbHH$dVW58;8?kmT9a{&)}s@#}U!Fa8dfhL9+e
P#~1U(3Yyv*q3OdY<$$3<*JB<Q(oIQb#*qV-yiSk1Ya{&+bf%(fTS=5L!@C;0E1txctq-eZvVd|oPn@2rB3*H&iReitSsU(-qMN|-EW>wBRJd^
!mN%-!>~T)0{|LAm=GBEqZk;M`+9~>pKx(AMsa56gJ~E9=bkYhUA8I>+P;lRaZ}4A3q8BedaE@rbq<KORc)CY(c&ZI%2s5Ti)cKJ9Fxum0^`PT
7!Cn=sG{?HY(7Erq3o)P3=@xw<Q%pPffrME<LWDiNnYjy%H!~Feq&^eG-b_a+GP5nm$hYr_N)d&2uY%m?yWSjb@wJ9|E2p|+>SjzrG|Goxbmpx
|5DsV4hqtjmLjfXB{Gl}50&*o=$1uTd=vopn=p&G5tmr8lN-Fc<N-c@0JH7=0x-;+$)>wTyFT!->g}mT8^5HySZqz}!rU8Kjy@sGboU%kozC#j
MBPLyI3&K-#8HgSe^?l52=9tFmAa$)pU$sr4OzG&-Gghxi5fKm@5$Q4V5tzJn2>)*g(MD<GPXMR(FfJnNb6v;(`Wi?d?yd?hs#28W^;iHyBZc(
fz($pO$4!Ep4TFmC9pJ_jKNEe*AxS7dl$0gy{?=^+%2C^=AT*mx01_zJ4nFZHtif<8o%v-*EdoD7HYL~i0dsCinpAw9gkE=F<ta=<|<lAn=YTu
ZV*kpHBQyB(xVsB`yXqbbLlZ4@VPUWirRqU2^>2&bT_FjPac$+NiW~o$QsoF((Rqn04X}+^K2NLjw4=Z%c#FX&^-&0(D?_@ViVGOd41yS%Iac!
!_EDHs8%$akEv2-pF4MD+!<awE#F`YuV6uaKJROYY~UrTn8Q*F`{7xVs<F~su&rRs;u9tK_5Oq>K+?^|%ry&M({c2twS1?~Jf&Pa=l_WYPe%L7
IWj`=%C4Ei<yYvYwXwN{;$W2y__9yC^NhbDx>4*P4`EBiK?kiK0_`)pE|4gyZTZEhhN_fOl>f7HJ{uW=z#bR`YNmnw_+9QAIU0bGQlXF+v<yfg
*JL-TPD)g~PQ0lWCO!=~XoE;)nT9AEgPTMMVq1>cuEQ;?h6jq3!&j0st`E4&F7$4?UVA$FEe*rf+yzkp`HEGE>C>yfzN#BC5m|YeV#u=4D9asG
f#fBzxykV&MKu3xjTS27)+s=MUJ2-P3zwkuia)hx#QWJrce#NS_oG{i9pJQ1W83`M7;K*Nj`udl0RFN5-nbK=XgY@qjt!)|z*?yiFzaLa5%?e8
hr*X1FaTtnzsM!yr=%r!MYa?7jn_6V=n1oB(+#z$9+DCzuZAxW!^+(Ao5+e!rUJ4wjX=?j<?nIWN9(qGDAaczFZ(Q5>_?pVuv9ZDBh&d(ZvD1t
aaexip&xGIrxrnl4jCPw{xzTBu}3YoKXfF{V$78$57<_-8O@8Uz89nnH}&{~U$=@+MyyDY^1VQ-iX7bL3!d{FIHYbG93E@IJ#c3sx8}!(c?jW*
B>mPMbLK*}e{#%~wwx>e8@Q^79OSBIOXW~TFH17A78HZ>b|onERkJs^RTzY`y}IoaT)89467$xOvzwq|M~g0`$}Zce0g_)Z-o*Fw9}aOxudD>=
ee%{>bWJwVOe$Gj7Ry1nW?7?zC^i()R0Z@Xj)hzDZyn|})*mr!;AxOZ+~019*ZE|6!$Xgxu@lwH6E5<t?4sQEw*Egs7v8Ic>dm$!onW;l57qUi
*LHUdX63xL2=N&#@1`2<<)=$myC)HAPUw{)^sJKNN0`2_OF`=u!0A7{=j6EdRX?i}!xwZ3qa8n_KFzM&yQ|!4rpVFQv{;A&kX^AHR-#l-7CB^U
ysn`MO*zXZ6%4C&ucY(bIt9^Ql1v$^qUZo#gOAysyx7-;+_%A1{J!M81x<%fCAan72&H_qXSv{k7AE)D`$=Leg#erK1q-0Z-&xJzB`U^}C9G4{
)KXig$!}zT(o6%9EJ@_r&hNq%_S~5<e5I2&wvnwU1vf@B1#!=rv1=zXfAH?#edQ?>!F7U~EEhWaH9W|#m8zpHLV+Yp94t=S^k-MrsquKT8HBD#
yg&mJEmN|PZ;iaa!O5Ib(q^)x2OZe}M%{*w86s$7ZafF=iIM=lvagE-<crxwBr*_u7=zh!c`3cVWg66<V${GufVTR}9`i7Wzkf#kH{ga$Fvg@Y
zpbMm^46UrX+f}3)caO7zXMyQM!)BrXsf?aJK^ay)ZwA3#O{CP0CTKoZP3u_`SJKM<ZVYj6OR3uC+vv{eTgk)K9a7KVyeN069!3@HX%DLzW(gx
?mZzHn6q9Up^rb}QyNZxGEhi+yAZN0sI*HkU^N;+bDG>Qfo!0y=C$L{sruJfR1wpFW|+KP2^11moN&5m&-X(r3{C&`@okvIJ67Jvf2cFdOC<7j
GzXG@NGfoHU;#pDWIX>O-7p0XhZH;H)W~d7bb)i$pIvDH-xj$IOcR;g2x43c7Yn)jzK58*{{COy22rnqOqqU4g|VmXZP>vBf{vFX!aI`LK7t|0
W;|ir#ls?F6VHGe0LL!1xH`7@2`YhiDwX#}lqT!EJz>HlT=wK_8X1{<tRw+#H55{!lz4=NCHGZdhwcpxyKP7@M+EtU5*3q1S#H>KiUOb;?r2O0
<a7*1WPpaG`LXG3_v696%se2C9t6eEZMW$cZEG-wIFaoK&rpI#l|(w7we!tq(rnV~G;TxsJn9e1&R!WEeSep*xL+)8jhK*W^nuOL$P&_E+tp*j
f_Tc9P0wd%mf_Nt6h38cw^+lfjt8GIlVzsXlqbXZ_R$|GoF{@feuqpO<ttqvAaipVZr*l)ZTab3jwLjL!Cc5FYssYKUi(_X0GY(zsZx28bSxQL
MKuPiL8mIhnsg+$Gk&CCLB)$Rl^a_>O`}xnP1WafTc<+}myB>Zj3{khavq!G2`nEf-~K6{OoJR5s`0y!;}e+;ad_X_d;}Bd;Bokfa9o0bqutd9
tyYcSDSj^n`oQD3>u;=;b`W)5F3A+n#w^@L^0PKNCd1@B`ua5N!i#2tCRR8|fyD+O?N|&5n1XEovIV&}@=&z+Xp;`FgLJ@flq?Fuk!Bp;VRWod
{|}{3z92Y`QjQDUw*={s3fGA+&yR+_QtbQ2Ck<D*Fe^5NjTkxC(2<{bRxEe1e;2j2=3zvUBAil%CJ=n>wvbC0?A8S^+j|;@X|2CwcjJTWtVsdz
qHw>oK49rPIc;Wn3LT$Q&9qHirXG7R6UkzNwbH0zXjd+kHyV*P5ETp0qd%jO$MKw3cwTf~Q-)v8@yzl#l+u(}JrLc*u8^~k+69{#^H>vYruRG`
2qa0NbH`#)(hUll7U#Bg|5c^=y=2Oo4kN_rWN!HYoGj~|rm&r1{m18<?{)&$HjAwAE+1|=pbcv>TQ0+GZ6L%{XZ1At18z=*@tU=;dwPkU#(Zi&
SOd1QXV?_Z2U{*zC4?JF6V~?+oGxF)cz~7zaZkzlGa1UE2_2Xc@D#QNUHR&jj|{P8K_-^z!;;^oDq}+o_aPSx!u3qf`r&XGIZ1-D=_VDs0eFTq
84sRRteIJ;k^M0$Nqoyj@v*idd;h3USUv4<^r%M}V5yT$fpYLnKGuDr^1Z;O8Jj%(`r6<-(k~ydviSYzFMIGG)IYb7#ip9Jn4n+X@dk`7)|5jA
x#EWiZzNOeGJE?;r+--aj3AT{!NUsGKpb??9SG-$+gm{+0VL?1yUekbq^JnaqA;(l-&DHyjuxmKbl*)}XP#iIbju83Yj?lQsV`4CuudK!A`9uc
*y#1`OSp!n3FSr1>9j;UA0+A09)GDS!VvhoLgF5L4@~pbXq>FeR{S3}q>~T3UO|rc9{2eIcQD<b*<lpsxN&~xQ@fx;C@s5Gur4l!K^Y9|%c0*B
eQRTF>kF#XX_LAUwLl1wqDM2gYn1(Im1@}ADvl+Mj;(KR*ZX5Dc;U@=EJ-G~LueK!-{oXM>^f^!s9ASmf}?dYuJl)gh~9xX(V^=wFZ`Lq^Z_)W
`GKWOT9oq(ZZr9hlFNFupXr)Hqm$AOBbuDOH9^ky^7Mw7R*hw>{;v0Vg?P$dD}#Mu6(4@zU6EhM+&Otdn>EhHc1F)|yEqkM$U!Z0zf)2~50)>B
aH*$8f`j5#skh$(_%xWx@2q90g)I8B8MeDs5Yc4KJht;Rm6o`$<NNCA-?B3vMs?K{sb<mH7>hQZKt#XbQGM10giR!@^!4REU<b~GBJO*B<+FQq
N3>Yac9u=loC~j_bfTyc##G*&#XZ89$>Qg9h9{CC!BpED8M{N(vpZ?ZM`*KK;XD{ewFc8)F1P93S4#q8mP}N;rW=O|Lg>J}&YPd32HG}mwLP}C
&hp&xf}JL%pYd$y<Bf*ue#lMRjukI~kyra!-)2|Lfj0LrWtas6$?4?S=}@i(&wNMk$A41?zS<A<9$DB|?5afYM-Wi21YO-pq@swRG3j7@{WFt0
2SU7$I@!lzVlebGUNCRze#XXjnsc@uS{mRkC3$KNzx<S(^6qLItUrFGk3Z7P*sw8C8FZ*?31dT#{zl28w@KNRFM@>2`>OiN#P)rmeC-x4xiXyA
44=W&b)5iXi0}@_shlRs>H{&u%|xgpwWp@w3ZXsH4mk#_npHKOK**GY@QxJBqLY~8|7UF&U}whE*owm6&43<Rqm|I7JG_|id}ZP_-2To8Zzu(5
#`-1z#D(7LS<Rhy;Heu?4GaFLvhaN|5kVF(1>IJ;3r>4fk%$+nmNx<S5d?1G#tt0uIx(bnNi{P?m6o*TCt+{19Hj(I;!u3ke&4Ih_%YFWi?DI6
Ro_sUW$E6ZI#5f#7@fUvD|0eYZg*UBvT9C<P|2xaTMQXn+Ogf(z)Td91p{NzMFw5kV&x7Y3Usf~&c50I6k5-@=lbfw+ccSquQcKPE(mF1NiHSv
c)$m<{$2pFBEw1*AD<~*<Lfxx-9LtgX_Bla=@fWFZeAf3_z|spM*#9g3kT$e@wQiKeA7gzxuKlTQzj9|Pm?~tS0}=08-x8lFk*c+nLUwKTQnEP
AXs7u8?US*%-8W=JlLo_vm?NzD)XV$M%1GnQSDg|{_IM00}7HGm>9eeRkPhIZ4Olas>_{<Qe+Jm7WwrXS&=}wfyj;_gDdvnf2S|QsQHGo=<7zb
=f2XWtoJufl;^UOFmd-ynD5$4X7*@k%65E(b${e@R+>FY8uIa3+SfXc!Ir^+W?t-Cj66u^p1^TUFFrH@IWW2~iz?O0A0vvjGvgY(SJYGH{5>0R
%(_zk|5L>BF(!_{9v#bE6eZCUaKqGDZqYvw4fdPns}`JCt{lP<kO@x41Q>%{+ypLWW!Oix9M1~-oW>rkwrJKJ(Wgs~!T2Bq`>hcSID(O%$ydpM
(s_|d=sCFR7=liIA9wk#tKd(`!t}lHGD8Lg{YA+A-B|c@vl{ZF=S^9=k1S1!(WR+P*$!rN*-3O2I0l<f$Lh9P=W!Ek$FjLg9ljq4lOR$|y9Vqb
$$yr);>V{yKQc;${$c}LeUEcaj4^pZ&)bAomHeuLzLpXL3q?{f8<C#K{kY{@h(LW5<^}bX`{fV7iN=A$(xI*4+*b)MOTBDfB-g*2mGWNM>S4(}
6la&qUW3K-eLyY1f+J8OL<{BXfv5J_oVNs|oE0uRI!i_-EP;+;XZdNaa;$c$qDt~}`5cy&kh1G(Zkr6n#t;YEgqS|6TgSAF_z?@4yVZnF$Z1jo
lhG=W3BOMK&G@x^;upEv4K+`3kzyMU&Af9~`uC-+`GMpGXjSwb)G3O#b(7*o)!hNAMl_1p?>O41o;|fVBQ1A)uPWfUZVriF(w{9O@;PlHC*r&I
!!Qyg#|_eyhJYHpptmDMYE_o^x<66eOr-8-lRdyOsFu}*=&zlma{pGhO;Eflth|T5o3oh#S_gFy`69jwwMtF9gEe82yE)8_l22~4(ZZ9-8r6p;
m2<}i!jwB*DIuFkJ?_iUC8%>e>4edc-H3#1p38TG*gW}+pMR)tuaTGEtlIK08D-76%Q+Oy?S16qVq-Pc)NKZH4;TaL;$;lpM8l!4X1@43@A}Z-
ukJ%r84zuWwe~h-CD1ht&Vyexee?hf(GTfA0}S${UiB6W2a1~RT(q+CpC#=}vS2jTk8l56@aFSZIRG))bTLr{Vxe7h<-7?YjK4>;EFp4S(xIK^
9&N0X{Gb(&eHfV}p4RVduPO&8N~A}y?QzpKi006>TH4q4{{s86D8CfJ2`;V-D+sSzl>P|!5O&w?hU9wCf-xis8<3cz>)Tu#U3E5hO~eAEYb{xB
Bi;<58n0cfd40_+8#m5IR6`%NfAw&*Ds@y+-3sJHPJrPApn{rlPB#A;FptUb^&t=>WvC0qOXt~VE{V-MbgwPS9pkjtF<*p!%$i%WU&b0{#>u#i
aQgiRh~=WnHYysM5N-GfH7=h*h7Jx6`J&P%&H!vJ<(Z^ETbpk|fm?nJ$juV!t0z@Z)?zIRIBRzj&Hq=osK{HjG;lm`34^pL$L_cmfZj<?v)_W*
xufCt#_Ma&>M7V?GEKHvLq-|(Sg;y7o~S{X7Tjx%twYUhIot#i9|zBG@aChY(h6v0@Ji|fdagp7llH%cLY7sh89^fz$9b>Bxo#GT4w|o~#?3pJ
F%?bG49!zUs`>q#x}d_YhB0<Qlm4sV$8t<_h_n!6qO{)Md^WfdT;y%wG(Y*oM@alBe<uV~yH{rq@fu6@5Z^fd<iiSTP8Ig}(+DM?{syt+=p^vo
Nh%k~y;5VP@WsyzUvx2rxOoq%zVojqyXq$3$d`gm$q`#VF}J$kh70*swd(^l9TKfqpD`<>-enQeRa(HlBCEkRHQsl1DmVSWxPYlW3BxH=p{e+S
r<&9_y5P=!iisbF4T6Fk>_*T4yOK~?HROeD)U@Ndyz(nl{?(<_8RNz@MFD$BD}oguZvHC7IXKY0dkm*P_}R<uM^)uj_OE3EM&Yb2Z;LW7{$)7-
%K(+WFJ*s+Wa9LyH<g~zM1s*K8^bfMn%)ZrQ@^|qk+HR@Hl$PqwRSJDc<STD6SG_4vwOqV$@PpNf(<4LHYk|iaNGR3X>zSH-5<ayHk*n&a&2yj
9d7uwzpr>-xr4U#-=3sq`jgL!d<`>Zk)^{59D<V+RoYucii=64H<WP8Njq5ETY%X~dXQRMwS)FUihfF_GtFwJHFKfpB<b-9)(S=Z`Q%jZsni4f
b5Y}d1+6GqGjJPSCLwr-xA_3lf9;Hb0i5a}`^r$O-(rI`XXN%%SFM|DHT~vTOXv-aR3+kGw||H4nuTnS+)-vK&RxBXAKk8%3V#WD9Y#vbxVc^e
pg&EimiD$9baoB){4Hdq9(-9w@!-DJ1|^bAfqu1vs)($#`$12mvsd!_4CA3M8sz%Ps*ajWX?Xgw+KnuGM7e1(fLVhp!v8<s7mPFyPvQp&Y{f6+
QK}BMnq8jBoGg6`Jc;##xH$zSifSz5(7kM?MOcAVv`IwY?K8Zv#Bm&pHTtDrhNBG*gTQ<4G6Y`=^5R%%qBGVFWE^1)>(FrIMqC9A=MrSy@VDvW
HyRvVp1@qcYp{r=J{D9N_$isfK;|70I%wq!JRh2Cs^N42n$x*{vhR?U@po|wUSK68%8P{L;f)P}t4N$XEbtw{ZOC^l1*J~qbiUU-U}xbBtAX<8
r>ah2-sxd@1r+i@!~|lBI#(;W%pn-sI9rT`y`qC(<*&z?MGx%v#~0e7x<@)&Y?#~$jVUtfV`MTZ_i-ui6(i-Y*{RW$5@HQWnhhTw-kwXFt4@c~
D7S5EoNqi>!zC=jqq4L{-Dxs4D%QXqokwB1oR+IAPU`pLp4W}W+pqA=Sj-}W4VOEj3KCC=<E|pF&*!^QOyM+S#k|fbk@QStglr(>l!EkPE-q{(
oT|GjZ>1PwWSutsko;oT>YW^b!>;XkU(HQhHC9fcXKE}|%-1?J5ubOgzH9{MMoXqNQJb*7dILpo8mMmUeE0>Pe&J}<IY`g$vO#BlE#hUu!NcMG
!ZilMwiSX)l|tJLq<rXzw{e~3wA#Psx+FXYJz>+hf$_#Ui7Zh?|JSu?j=Xw$qw9n&UFDlfL-2f737fT-`q-VjmN}NpG|fmRn9?|@7D{)YFcELY
sl@D$M{|3&fLf^HI;0=(AYkm?D2p3~p`HqN`!rG=VPGz?rz2?e#Z*m((`DCWBO13`^JA0DCb^=jey#Kwg0Wc%qS_z)6}-1Z*eu@@S<Rvkd63v~
5=jk{J|9=*g$gB!tw&5g=8U&t@i3YJ!)!=YVSGf=!t!b*B_9*!6LO13?w;b-pg4<2W$%K*j@$>WVsByeOwtP=aEQ3dWo`=~w!&tXQ#*svjjj;O
7{QoB;<XlXe=cSJAK_JNU!<Ps^V}E|Emj<pkPZm+L~#8p;Zp~9UV--@V#+}mY~q745T2TXJ@!pI?rtmKZ-2_o35~YGmXPiYYXZZ=o9PpL-=NZG
%=E5=@$Z{^x9DFb1lNxFe?0B#mH{LV`AQ6{Tl?&{lnt~X6P~Dhgp3f(3^N~RV@TfFr!_lGUNcf)xI29u>uynUn1V`D0Mg2+WF=lR)NL^&4~K`>
giJjwI9)mnrfG&du^Xu<)6hSVwd?3k63Kz|!?A_h%+<Bf@lVQ!#xg!}%2Y#1$RiIN*GS6?G$WTq?J&rMQd@Z18o}%SZA5G^dCbZ2n<gFpW`bu@
2DSu(-Wg`wie;=~1?RrVR>+`TmJnWbJ_q4SRvv;S;@PqKu7rSi6QVRxWZU!U(-YIfB#YXS!ad2;U8)2I&z$F7M{6D_)mB5OHSi$iTp31g^K$|0
{geCs+QTHUiD1xZMRh>Fd_sV%PgvWp;r8rF?smx6VAZVqo4ss}w~rkb0Fu=fG%_rbFeS`jFSMcw?Gx}3-bNRzX3<{F+ZbA`lNUpoAVWKJtgWUX
=W9c#wTKx8OPw8}H23o<RHj#50j^&F{LPWwBzH?40<QJ+{6#hv9eDHt>>?c5wMr&|?%@vvQTj7BsMOKP(j}2(2(_e|!)={n%aT09_d7U+(vsHl
;a(jzM1xD#Hl8`_QMw4%E?RJR!em(WN;0zRlHB<FmF&rm6<-g81W%gv8)6)uM3I^QxVduX@bAoNuJVdBO%D(#(zmc0fFbJ&jO3S;GuJZIy1wBv
FzkHFUl#zuWe|1MLMhsefLkaY^w7{e?!t7-!K(TfhO4BGxvIAfR2>0uGSQ`&x=c+Cje7v*ESidyF%=^&faTksn5>w0&zo5IPzAcj`Q(gZWlehZ
lc&xPy2VN~?6I3*=5d3Q<i9xf`4SROPi49=CUT?Ek>vXE7r#AuMWQ{VKqm<s02Oq{e*yRZxYV*u0AG4(*WkYJaLJdEb7gI9wP_^(YVgtFxq!L4
A6h2FpD+qS+(237->CaKvIc`Hcx!gL;8aBhqvr14$_+cEmyO2N@Rgx!fDrVQRV`NxSO9Zmdw@UmZ1=1z2P^nS0RmC{kz{fsrbmyG@zRO}pDyDo
H{;4}<8V~FSuqOdxSRPFSw~;<Rw)$o2f;++?||!>9siYlUn$N8JC!^Wti)Z(^~>WX5DUrY85&jL`M?0;ubODxLtiViVN6GJQC{pns<fjbBnW3H
pRf`2CjDvL<vM~!aytn9RjdK{pT3&<S~d@LsnZF7T?xPtvjo)4%l+r>V!uv$sPvmP!Qh(dLQ`r#>ygq>qdUjAeLL^+^}mN{u9@9WdZ8~buMF3T
))OR{lLH(V-Tg7M2m2~%Yv2Xj+6ScSYlDCkM}o3nM8*o9s`KnTkXgcWD^-gkZ|E@Aw-u}&TNn!yv~W<9Fg>W;sm|l!n&(KqvlfHF_rt3H6m+;$
c#cQ){j2>lqgFlVv+3$tqBBASon11jJD;{~z;j>qzZdlz`IqUzw+Yw{@y{z*nM>WpnMtg(hA4>hj@Z-ZT&3pDI|vXvaO6b`PrTA+almZKMX@8|
O=>OauEl4H+Z`A5rKN2zv@q6jsfHIAr36=8=NiDUE!YZYzVqawJq9c89GG7@q#q5g(HP7xnZGmJJY@LpnIT_#lJ%cii3Wi83Ys7tKv`^?MCdTa
2<_|aYO)l4+5oLeRd!QGJUE}MRcT=RBkwA6V-s(c$QViVyQj=!I6vR+grt<XuE=R1a<b4*cpt6H-z_wvFht0V1euxIPhjG0!a=UMZX!_1(LXPf
EN)Wwkuz73aVHEGvqKNebH)R9FA(>!;4B_N7MMGX0>0bVIeN%5+x?Z5t;R%zo64vZqyF!esS=deMpoh9Z_mi5KfapRRtv3K?F9bm`Rwt}Bvt+@
N!b=|#DJIrTojIjK_7%k)fO7>Ozr7PJJn|`mgvo5pMV|kXd^TPFl28c5_5i{C;6V6JMJEjP7hojFYoBLcuho;Ajz$bX%?c6#hoWHghuT)Wwb7=
{10AY?8locLs@D@)i3b-{RfF{)=Ar;KHc1ZVQPIH)i4)vWNR#E3Ym9fh#u*YSs8HQ3f|a5ra@Dy3K^6RkGM+kkZfVjo59!17htt1u!Q4#HVC8f
edQ6sm6&L~$Cw}h1fqw0O1afwB6+Ih_x^*8?3^H3>vdYc;5oZ^;)OumSYG#W8$=Pq<W}vM-2V6UelWc+TpEb!-EYP%-_`I`4{eEUmicE#L3uEy
b#HPvlILqA^*)e)Bom5p^%iOkqXOOAH<MnGeoGH^vgz@r{8fkHl`~K)mMun(a1Qu=#mhrfH)+XHMGWG=<O7q88g+yTN-=N9RD#t0H&}ik((wp~
Bdd=jnK$Dzlo7Q_>hQCn`yyohA=Nu8GdTg~!&krFK^7&I_w`v&ilBd#i5q5R_8qcQ1ljZnw`2UdYTiGOML$)D`jaU8p{x9j!S5Q}U`7^tWg|+z
Hz_9N@!KhVz?cMnDD#-0)Tl+0nUSWvKtEWx;8C(5GZ}8ShpG64EB~}FQ>9Z1OA!dy7RiBP8n2qw8L4pPFJTRFW?`{8-NoBgsl~uyuts0iY(x=D
s7J1ID~Ce0;{r(Cgv$r8?hL!;oYLyU?K$&DgV{w87e7Y1v_J@MSJH;Wa}gdk-YHQm#`Sq;17*V{G?%%TFU}pN{5tc=B|YAu$Ag|?=A0%A^^2nF
MbzsWW3ON)v)1F=r5p_FiFL}n3jk9a;fVhM<7n#q4K9twJmM;ja^P1}1WtC9JkJxj2&D0xHr{^p?+vj{+;<N$1`--W<1fwE@7q4Dxu5}YZ(>!2
qkx-*k7K*t7&}0pvsfbZiet4xIk64Aq4aB+E<A!jnfF%PwALv4JONk9$uBD))`kObzya$R9ILYtTF>2S_pT{YJ3%9@@Cbr)tq;{m7UpVbb?*8t
7tuTQW%zya>2=|Itv`)M3ABCJZl!h}^dD`8O+{*&zr&#$NqwtDqMez+^n4qgImOik2opAaA%=UJxX{{J-ck3O<~l2K@NR5(QSY6huID9%+gBa=
27?JC<qgQ96sImI?ih>Xy64WE+2~^z>x91Ax@!E_oHbg1s7P?2#VMjWWSqxP2;U)JRu#8{R3cjG^n#(XWLm^2%tK$rV3@AR`IKP<s!9PSmh1kh
Ns8zIv^%bHizQifsbqB9V_AQlPSH&4z~m7yVfsTzAKtA6VgRgG`Zwo*QXZ`EN&PsFlLpJwDpFW|1dt|}Q-dM&T{UWcD_6>SNlxn~hwl5qN0?|R
5FG&0Va~j$g^JpqgM-=ND>Q^>tP=`Lk#_xEEc|zTeXa;?>){A4gBm6(*?HLGLE!%@&*wU$F0xF%5h+7DC_bu<N(+g70-xaBTqZBj%Bnq+>?pT1
Kl&VRXspS;kFrPuqa{G}J|eIQS&9^%G_#f<
"""
